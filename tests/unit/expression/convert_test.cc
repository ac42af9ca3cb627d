#include <catch2/catch.hpp>

#include "library_result.h"

// learn.microsoft.com/dotnet/api/system.convert
TEST_CASE("Convert") {
  CHECK_CASES({
      {"Convert.ToInt32(\"42\")", "42"},
      {"Convert.ToInt32((string)null)", "0"},
      {"Convert.ToInt32(2.5)", "2"},
      {"Convert.ToInt32(3.5)", "4"},
      {"Convert.ToInt32(2.5m)", "2"},
      {"Convert.ToInt32(true)", "1"},
      {"Convert.ToInt32('A')", "65"},
      {"Convert.ToInt32(\"abc\")", "!FormatException: Input string was not in a correct format."},
      {"Convert.ToInt32(3000000000L)",
       "!OverflowException: Value was either too large or too small for an Int32."},
      {"Convert.ToByte(256)",
       "!OverflowException: Value was either too large or too small for an unsigned byte."},
      {"Convert.ToBoolean(\" true \")", "True"},
      {"Convert.ToBoolean(0)", "False"},
      {"Convert.ToBoolean(\"yes\")",
       "!FormatException: String was not recognized as a valid Boolean."},
      {"Convert.ToDouble(\"1,234.5\")", "1234.5"},
      {"Convert.ToDecimal(\"1.50\")", "1.50"},
      {"Convert.ToString(255, 16)", "ff"},
      {"Convert.ToString(-1, 2).Length", "32"},
      {"Convert.ToInt32(\"0xFF\", 16)", "255"},
      {"Convert.ToInt32(\"11111111111111111111111111111111\", 2)", "-1"},
      {"Convert.ToInt32(\"9\", 8)", "!FormatException: Could not find any recognizable digits."},
      {"Convert.ToInt32(\"1\", 7)", "!ArgumentException: Invalid Base."},
      {"Convert.ToChar(\"x\")", "x"},
      {"Convert.ToString((object)null) + \"|\"", "|"},
      {"Convert.ToDateTime(\"2009-06-15\").Year", "2009"},
      {"Convert.ToBase64String(new byte[] {1, 2, 255})", "AQL/"},
      {"Convert.FromBase64String(\" AQL/ \").Length", "3"},
      {"Convert.FromBase64String(\"AQL\").Length",
       "!FormatException: The input is not a valid Base-64 string as it contains a non-base 64 "
       "character, more than two padding characters, or an illegal character among the padding "
       "characters."},
  });
}

TEST_CASE("numbers parse and print") {
  CHECK_CASES({
      {"int.Parse(\" -5 \")", "-5"},
      {"int.Parse(\"5x\")", "!FormatException: Input string was not in a correct format."},
      {"int.Parse(null)", "!ArgumentNullException: Value cannot be null. (Parameter 's')"},
      {"{ int n; return int.TryParse(\"12\", out n) ? n : -1; }", "12"},
      {"{ return int.TryParse(\"x\", out var n) ? n : -1; }", "-1"},
      {"int.MaxValue.ToString(\"N0\")", "2,147,483,647"},
      {"double.Parse(\"1e3\") + 0.5", "1000.5"},
      {"double.IsNaN(double.NaN) && !double.IsNaN(1)", "True"},
      {"1.5m + 2", "3.5"},
      {"10m / 4", "2.5"},
      {"1m / 0m", "!DivideByZeroException: Attempted to divide by zero."},
      {"(int)2.9m", "2"},
      {"(decimal)0.1", "0.1"},
      {"decimal.Round(2.5m)", "2"},
      {"bool.Parse(\"TRUE\")", "True"},
      {"Guid.Empty.ToString(\"N\") + 255.ToString(\"x\")", "00000000000000000000000000000000ff"},
  });
}

// learn.microsoft.com/dotnet/api/system.math
TEST_CASE("Math") {
  CHECK_CASES({
      {"Math.Max(1, 2) + Math.Min(1, 2)", "3"},
      {"Math.Max(1, 2.5)", "2.5"},
      {"Math.Round(2.5)", "2"},
      {"Math.Round(2.5, MidpointRounding.AwayFromZero)", "3"},
      {"Math.Round(1.2345, 2)", "1.23"},
      {"Math.Round(1.005m, 2)", "1.00"},
      {"Math.Floor(-1.5)", "-2"},
      {"Math.Ceiling(1.2)", "2"},
      {"Math.Abs(-5)", "5"},
      {"Math.Abs(int.MinValue)",
       "!OverflowException: Negating the minimum value of a twos complement number is invalid."},
      {"Math.Pow(2, 10)", "1024"},
      {"Math.Sqrt(2)", "1.4142135623730951"},
      {"Math.Sign(-3.2)", "-1"},
      {"Math.Truncate(-1.9)", "-1"},
      {"new Random(42).Next(1, 101)", "67"},
  });
}
