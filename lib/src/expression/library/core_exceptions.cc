#include <array>
#include <string>
#include <utility>

#include "expression/library/core.h"
#include "expression/library/native.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

enum class Named : std::uint8_t { No, Before, Behind };  // where its constructors take a parameter's name

struct Declared {
  const char* name;
  const char* base;
  const char* message;  // of the constructor without one; null: the type's name is in it
  Named named = Named::No;
};

constexpr Declared kExceptions[] = {
    {"System.Exception", "object", nullptr},
    {"System.SystemException", "Exception", "System error."},
    {"System.ApplicationException", "Exception", "Error in the application."},
    {"System.ArgumentException", "SystemException", "Value does not fall within the expected range.", Named::Behind},
    {"System.ArgumentNullException", "ArgumentException", "Value cannot be null.", Named::Before},
    {"System.ArgumentOutOfRangeException", "ArgumentException",
     "Specified argument was out of the range of valid values.", Named::Before},
    {"System.FormatException", "SystemException", "One of the identified items was in an invalid format."},
    {"System.InvalidCastException", "SystemException", "Specified cast is not valid."},
    {"System.InvalidOperationException", "SystemException",
     "Operation is not valid due to the current state of the object."},
    {"System.ObjectDisposedException", "InvalidOperationException", "Cannot access a disposed object."},
    {"System.NullReferenceException", "SystemException", "Object reference not set to an instance of an object."},
    {"System.IndexOutOfRangeException", "SystemException", "Index was outside the bounds of the array."},
    {"System.RankException", "SystemException", nullptr},
    {"System.ArrayTypeMismatchException", "SystemException", nullptr},
    {"System.ArithmeticException", "SystemException", "Overflow or underflow in the arithmetic operation."},
    {"System.OverflowException", "ArithmeticException", "Arithmetic operation resulted in an overflow."},
    {"System.DivideByZeroException", "ArithmeticException", "Attempted to divide by zero."},
    {"System.NotSupportedException", "SystemException", "Specified method is not supported."},
    {"System.NotImplementedException", "SystemException", "The method or operation is not implemented."},
    {"System.PlatformNotSupportedException", "NotSupportedException", nullptr},
    {"System.TimeoutException", "SystemException", "The operation has timed out."},
    {"System.UnauthorizedAccessException", "SystemException", "Attempted to perform an unauthorized operation."},
    {"System.AggregateException", "Exception", "One or more errors occurred."},
    {"System.UriFormatException", "FormatException", "Invalid URI: The format of the URI could not be determined."},
    {"System.InvalidTimeZoneException", "Exception", nullptr},
    {"System.TimeZoneNotFoundException", "Exception", nullptr},
    {"System.Collections.Generic.KeyNotFoundException", "SystemException",
     "The given key was not present in the dictionary."},
    {"System.IO.IOException", "SystemException", "I/O error occurred."},
    {"System.IO.InvalidDataException", "SystemException", "Found invalid data while decoding."},
    {"System.Text.DecoderFallbackException", "ArgumentException", nullptr},
    {"System.Text.EncoderFallbackException", "ArgumentException", nullptr},
    {"System.Text.RegularExpressions.RegexMatchTimeoutException", "TimeoutException", nullptr},
    {"System.Security.SecurityException", "SystemException", "Security error."},
    {"System.Security.Cryptography.CryptographicException", "SystemException",
     "Error occurred during a cryptographic operation."},
    {"System.Net.Sockets.SocketException", "Exception", nullptr},
    {"System.Xml.XmlException", "SystemException", "An XML error has occurred."},
    {"Microsoft.CSharp.RuntimeBinder.RuntimeBinderException", "Exception", nullptr},
    {"Newtonsoft.Json.JsonException", "Exception", nullptr},
    {"Newtonsoft.Json.JsonReaderException", "JsonException", nullptr},
    {"Newtonsoft.Json.JsonWriterException", "JsonException", nullptr},
    {"Newtonsoft.Json.JsonSerializationException", "JsonException", nullptr},
};
constexpr std::size_t kCount = std::size(kExceptions);

std::string named(std::string_view message, std::string_view parameter) {
  return std::string(message) + " (Parameter '" + std::string(parameter) + "')";
}

std::string default_message(const Declared& declared) {
  if (declared.message) return declared.message;
  return "Exception of type '" + std::string(declared.name) + "' was thrown.";
}

template <std::size_t I>
ExceptionObject* make(Call& call) {
  return call.eval.arena().make<ExceptionObject>(call.eval.catalog().find(kExceptions[I].name));
}

// (), (message), (message, inner)
template <std::size_t I>
Value plain(Call& call) {
  ExceptionObject* out = make<I>(call);
  out->message = !call.args.empty() && call.args[0].is_string() ? call.args[0].text()
                                                               : call.eval.arena().copy(default_message(kExceptions[I]));
  if (call.args.size() > 1) out->inner = call.args[1];
  return Value::of(out);
}
// (parameter), (parameter, message)
template <std::size_t I>
Value name_first(Call& call) {
  ExceptionObject* out = make<I>(call);
  const std::string message = call.args.size() > 1 ? std::string(optional_text(call, 1)) : default_message(kExceptions[I]);
  out->message = call.eval.arena().copy(call.args[0].is_null() ? message : named(message, optional_text(call, 0)));
  return Value::of(out);
}
// (message, parameter)
template <std::size_t I>
Value name_last(Call& call) {
  ExceptionObject* out = make<I>(call);
  out->message = call.eval.arena().copy(named(optional_text(call, 0), optional_text(call, 1)));
  return Value::of(out);
}

template <std::size_t I>
void declare(Catalog& catalog) {
  auto type = catalog.declare(kExceptions[I].name, {.base = kExceptions[I].base});
  type.member("new()", plain<I>);
  switch (kExceptions[I].named) {
    case Named::No: type.member("new(string message)", plain<I>); break;
    case Named::Behind:
      type.member("new(string message)", plain<I>).member("new(string message, string paramName)", name_last<I>);
      break;
    case Named::Before:
      type.member("new(string paramName)", name_first<I>).member("new(string paramName, string message)", name_first<I>);
      break;
  }
  type.member("new(string message, Exception innerException)", plain<I>);
}

template <std::size_t... I>
void declare_all(Catalog& catalog, std::index_sequence<I...>) {
  (declare<I>(catalog), ...);
}

ExceptionObject& self(Call& call) { return *static_cast<ExceptionObject*>(call.args[0].object()); }

Value base_exception(Call& call) {
  Value out = call.args[0];
  for (Value inner = out; !inner.is_null(); inner = static_cast<ExceptionObject*>(inner.object())->inner) {
    call.eval.charge(1);
    out = inner;
  }
  return out;
}

// "System.FormatException: message", then what caused it.
Value to_text(Call& call) {
  auto out = arena_text(call);
  for (Value at = call.args[0]; !at.is_null(); at = static_cast<ExceptionObject*>(at.object())->inner) {
    call.eval.charge(1);
    if (!out.empty()) out += " ---> ";
    out += runtime_name(at.object()->type);
    out += ": ";
    out += static_cast<ExceptionObject*>(at.object())->message;
  }
  return made(call, out);
}

}  // namespace

void declare_exceptions(Catalog& catalog) {
  declare_all(catalog, std::make_index_sequence<kCount>{});
  catalog.declare("System.Exception")
      .member("string Message { get; }", [](Call& call) { return Value::of(self(call).message); })
      .member("Exception InnerException { get; }", [](Call& call) { return self(call).inner; })
      .member("string StackTrace { get; }", [](Call&) { return Value::of(std::string_view()); })
      .member("string Source { get; }", [](Call&) { return Value::null(); })
      .member("int HResult { get; }", [](Call&) { return Value::of(static_cast<std::int32_t>(0x80131500)); })
      .member("Exception GetBaseException()", base_exception)
      .member("string ToString()", to_text);
}

}  // namespace gateway::expression
