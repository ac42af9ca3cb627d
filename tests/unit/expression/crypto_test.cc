#include <catch2/catch.hpp>

#include "expression/library_result.h"

// "abc" of FIPS 180, RFC 1321; RFC 4231 and 2202 (test case 2) for the HMACs; NIST SP 800-38A for AES.
TEST_CASE("hashes") {
  CHECK_CASES({
      {R"(BitConverter.ToString(MD5.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Replace("-", ""))",
       "900150983CD24FB0D6963F7D28E17F72"},
      {R"(BitConverter.ToString(SHA1.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Replace("-", ""))",
       "A9993E364706816ABA3E25717850C26C9CD0D89D"},
      {R"(BitConverter.ToString(System.Security.Cryptography.SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Replace("-", "").ToLower())",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {R"(BitConverter.ToString(new SHA384Managed().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Substring(0, 11))",
       "CB-00-75-3F"},
      {R"({ using (var h = SHA512.Create()) { return BitConverter.ToString(h.ComputeHash(Encoding.UTF8.GetBytes("abc"))).Substring(0, 11); } })",
       "DD-AF-35-A1"},
      {R"(SHA256.Create().HashSize)", "256"},
      {R"(SHA256.Create().ComputeHash(null))", "!ArgumentNullException: Value cannot be null. (Parameter 'buffer')"},
  });
}

TEST_CASE("HMACs") {
  CHECK_CASES({
      {R"(BitConverter.ToString(new HMACMD5(Encoding.ASCII.GetBytes("Jefe")).ComputeHash(Encoding.ASCII.GetBytes("what do ya want for nothing?"))).Replace("-", ""))",
       "750C783E6AB0B503EAA86E310A5DB738"},
      {R"(BitConverter.ToString(new HMACSHA1(Encoding.ASCII.GetBytes("Jefe")).ComputeHash(Encoding.ASCII.GetBytes("what do ya want for nothing?"))).Replace("-", ""))",
       "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79"},
      {R"(BitConverter.ToString(new System.Security.Cryptography.HMACSHA256(Encoding.ASCII.GetBytes("Jefe")).ComputeHash(Encoding.ASCII.GetBytes("what do ya want for nothing?"))).Replace("-", ""))",
       "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"},
      {R"({ using (var h = new HMACSHA512 { Key = Encoding.ASCII.GetBytes("Jefe") }) { return BitConverter.ToString(h.ComputeHash(Encoding.ASCII.GetBytes("what do ya want for nothing?"))).Substring(0, 11); } })",
       "16-4B-7A-7B"},
      {R"(new HMACSHA256().Key.Length)", "64"},
      {R"(BitConverter.ToString(new HMACSHA384(Encoding.ASCII.GetBytes("Jefe")).ComputeHash(Encoding.ASCII.GetBytes("what do ya want for nothing?"))).Substring(0, 11))",
       "AF-45-D2-E3"},
  });
}

TEST_CASE("AES") {
  CHECK_CASES({
      // CBC-AES128, first block; the second is the padding.
      {R"({ byte[] key = new byte[] { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
            byte[] iv = new byte[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
            byte[] text = new byte[] { 0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a };
            return BitConverter.ToString(text.Encrypt("Aes", key, iv)).Substring(0, 47); })",
       "76-49-AB-AC-81-19-B2-46-CE-E9-8E-9B-12-E9-19-7D"},
      {R"({ byte[] key = Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef"), iv = Encoding.ASCII.GetBytes("0123456789abcdef");
            return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("secret é").Encrypt("Aes", key, iv).Decrypt("AES", key, iv)); })",
       "secret é"},
      {R"({ var aes = Aes.Create(); return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("x").Encrypt(aes, aes.Key, aes.IV).Decrypt(aes)); })",
       "x"},
      {R"(new byte[15].Decrypt("Aes", new byte[16], new byte[16]))",
       "!CryptographicException: The input data is not a complete block."},
      {R"(new byte[16].Decrypt("Aes", new byte[16], new byte[16]))",
       "!CryptographicException: Padding is invalid and cannot be removed."},
      {R"(new byte[16].Encrypt("Aes", new byte[5], new byte[16]))",
       "!CryptographicException: Specified key is not a valid size for this algorithm."},
  });
  CHECK(gateway::expression::result(R"(new byte[8].Encrypt("DES", new byte[8], new byte[8]))").substr(0, 18) ==
        "!ArgumentException");
}

TEST_CASE("random bytes") {
  CHECK_CASES({
      {R"({ var a = new byte[16]; var b = new byte[16]; var rng = new RNGCryptoServiceProvider(); rng.GetBytes(a); rng.GetBytes(b); return BitConverter.ToString(a) == BitConverter.ToString(b); })",
       "False"},
  });
}
