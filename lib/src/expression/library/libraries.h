#pragma once

#include "expression/catalog.h"

// Each declares one family of types. Called once each by Catalog::standard(), in this order.
namespace gateway::expression {

void declare_core(Catalog& catalog);         // object, exceptions, delegates, Nullable, Enum, Array, tuples
void declare_primitives(Catalog& catalog);   // bool, char, integers, double, decimal, Math, Convert, Random
void declare_text(Catalog& catalog);         // String, StringBuilder, StringReader/Writer, comparers
void declare_time(Catalog& catalog);         // DateTime, DateTimeOffset, TimeSpan, TimeZoneInfo
void declare_collections(Catalog& catalog);  // List, Dictionary, HashSet, Queue, Stack, KeyValuePair
void declare_linq(Catalog& catalog);         // System.Linq.Enumerable
void declare_json(Catalog& catalog);         // Newtonsoft.Json
void declare_regex(Catalog& catalog);        // System.Text.RegularExpressions
void declare_encoding(Catalog& catalog);     // Encoding, BitConverter, Guid, Uri, WebUtility, IPAddress
void declare_crypto(Catalog& catalog);       // System.Security.Cryptography, X509Certificates
void declare_xml(Catalog& catalog);          // System.Xml.Linq

}  // namespace gateway::expression
