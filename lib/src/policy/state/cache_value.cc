#include "policy/state/cache_value.h"

#include <bit>
#include <span>

#include "expression/library/decimal.h"
#include "expression/library/guid.h"
#include "expression/library/json_tokens.h"
#include "expression/library/offset_object.h"
#include "expression/library/xml_nodes.h"
#include "policy/state/bytes_form.h"

namespace gateway::policy {
namespace {

using namespace expression;

constexpr char kMark = 'V';  // the version of the form
constexpr int kDeepest = 32;  // lists in lists

enum class Tag : char {
  Null = 'n', Integral = 'i', Double = 'd', Single = 'f', Text = 's', DateTime = 't', TimeSpan = 'p',
  Enum = 'e', Bytes = 'b', Json = 'j', Decimal = 'm', Guid = 'g', Offset = 'o', Element = 'x',
  Document = 'X', List = 'l',
};

void put(std::string& out, Tag tag) { out += static_cast<char>(tag); }

class Writer {
 public:
  Writer(Evaluation& eval, std::string& out) : eval_(eval), out_(out) {}
  void value(const Value& value, int depth);

 private:
  void object(const Value& value, int depth);
  void list(const ListObject& list, int depth);
  void xml(Tag tag, const XObject& node) {
    std::pmr::string text(&eval_.arena());
    write_xml(eval_, node, false, text);
    put(out_, tag);
    write_text(out_, text);
  }
  [[noreturn]] void refuse(const Value& value) {
    const Type* type = eval_.catalog().type_of(value);
    eval_.raise("InvalidOperationException", "A value of type " + (type ? type->full_name : "unknown") +
                                                 " cannot be stored in a cache.");
  }
  Evaluation& eval_;
  std::string& out_;
};

void Writer::value(const Value& value, int depth) {
  switch (value.kind()) {
    case Kind::Null:
      put(out_, Tag::Null);
      return;
    case Kind::Double:
    case Kind::Single:
      put(out_, value.kind() == Kind::Double ? Tag::Double : Tag::Single);
      write_number(out_, std::bit_cast<std::uint64_t>(value.real()));
      return;
    case Kind::String:
      put(out_, Tag::Text);
      write_text(out_, value.text());
      return;
    case Kind::DateTime:
      put(out_, Tag::DateTime);
      write_number(out_, static_cast<std::uint64_t>(value.ticks()));
      write_number(out_, value.date_time_kind());
      return;
    case Kind::TimeSpan:
      put(out_, Tag::TimeSpan);
      write_number(out_, static_cast<std::uint64_t>(value.ticks()));
      return;
    case Kind::Enum:
      put(out_, Tag::Enum);
      write_text(out_, value.enum_type()->full_name);
      write_number(out_, static_cast<std::uint64_t>(value.enum_number()));
      return;
    case Kind::Object:
      object(value, depth);
      return;
    default:  // Boolean, Char, SByte … UInt64
      put(out_, Tag::Integral);
      out_ += static_cast<char>(value.kind());
      write_number(out_, static_cast<std::uint64_t>(value.integer()));
      return;
  }
}

void Writer::object(const Value& value, int depth) {
  const Type* type = value.object()->type;
  const Catalog& catalog = eval_.catalog();
  if (!type) refuse(value);
  if (type == catalog.find("byte[]")) {
    const auto bytes = static_cast<const BytesObject*>(value.object())->bytes;
    put(out_, Tag::Bytes);
    write_text(out_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } else if (const JToken* token = as_json_token(eval_, value); token && token->kind != JsonKind::Property) {
    std::pmr::string text(&eval_.arena());
    write_json(eval_, *token, JsonFormatting::None, text);
    put(out_, Tag::Json);
    write_text(out_, text);
  } else if (const Decimal* decimal = as_decimal(value)) {
    put(out_, Tag::Decimal);
    write_text(out_, decimal->text());
  } else if (const OffsetObject* offset = as_offset(value)) {
    put(out_, Tag::Offset);
    write_number(out_, static_cast<std::uint64_t>(offset->ticks));
    write_number(out_, static_cast<std::uint64_t>(std::int64_t{offset->offset_minutes}));
  } else if (type->full_name == "System.Guid") {
    put(out_, Tag::Guid);
    write_text(out_, format_guid(static_cast<const GuidObject*>(value.object())->bytes, "D"));
  } else if (type->full_name == "System.Xml.Linq.XElement") {
    xml(Tag::Element, *static_cast<const XElement*>(value.object()));
  } else if (type->full_name == "System.Xml.Linq.XDocument") {
    xml(Tag::Document, *static_cast<const XDocument*>(value.object()));
  } else if (type->arguments.size() == 1 &&
             (type == catalog.array_of(type->arguments[0]) || type->name == "List")) {
    list(*static_cast<const ListObject*>(value.object()), depth);
  } else {
    refuse(value);
  }
}

void Writer::list(const ListObject& list, int depth) {
  if (depth >= kDeepest)
    eval_.raise("InvalidOperationException", "Lists in lists are too deep to be stored in a cache.");
  eval_.charge(list.items.size());
  put(out_, Tag::List);
  out_ += list.type->name == "List" ? 'l' : 'a';
  write_text(out_, list.type->arguments[0]->full_name);
  write_number(out_, list.items.size());
  for (const Value& item : list.items) value(item, depth + 1);
}

class ValueReader {
 public:
  ValueReader(Evaluation& eval, BytesReader& in) : eval_(eval), in_(in) {}
  // False: there is no value.
  bool value(Value& out, int depth);

 private:
  bool list(Value& out, int depth);
  bool integral(Value& out);
  bool enumerator(Value& out);
  std::int64_t signed_number() { return static_cast<std::int64_t>(in_.number()); }

  Evaluation& eval_;
  BytesReader& in_;
};

bool ValueReader::integral(Value& out) {
  const std::string_view kind = in_.take(1);
  const std::int64_t number = signed_number();
  if (!in_.good() || kind[0] < static_cast<char>(Kind::Boolean) || kind[0] > static_cast<char>(Kind::UInt64))
    return false;
  out = Value::integer(static_cast<Kind>(kind[0]), number);
  return true;
}

bool ValueReader::enumerator(Value& out) {
  const Type* type = eval_.catalog().find(in_.text());
  const std::int64_t number = signed_number();
  if (!in_.good() || !type || !type->is_enum) return false;
  out = Value::enumeration(type, static_cast<std::int32_t>(number));
  return true;
}

bool ValueReader::list(Value& out, int depth) {
  if (depth >= kDeepest) return false;
  const std::string_view form = in_.take(1);
  const std::string_view element_name = in_.text();
  const std::uint64_t count = in_.number();
  if (!in_.good() || count > in_.rest().size()) return false;
  const Type* element = eval_.catalog().find(element_name);
  const Type* type = !element           ? nullptr
                     : form[0] == 'a'   ? eval_.catalog().array_of(element)
                                        : eval_.catalog().find("List<" + std::string(element_name) + ">");
  // byte[] is stored in a form of its own.
  if (!type || (form[0] == 'a' && element->name == "Byte")) return false;
  eval_.charge(count);
  auto* list = eval_.arena().make<ListObject>(type, eval_.arena());
  list->items.resize(count);
  for (Value& item : list->items)
    if (!value(item, depth + 1)) return false;
  out = Value::of(list);
  return true;
}

bool ValueReader::value(Value& out, int depth) {
  const std::string_view tag = in_.take(1);
  if (!in_.good()) return false;
  Arena& arena = eval_.arena();
  const Catalog& catalog = eval_.catalog();
  switch (static_cast<Tag>(tag[0])) {
    case Tag::Null:
      out = Value::null();
      break;
    case Tag::Integral:
      return integral(out);
    case Tag::Double:
      out = Value::of(std::bit_cast<double>(in_.number()));
      break;
    case Tag::Single:
      out = Value::single(static_cast<float>(std::bit_cast<double>(in_.number())));
      break;
    case Tag::Text:
      out = Value::of(in_.text());
      break;
    case Tag::DateTime: {
      const std::int64_t ticks = signed_number();
      const std::uint64_t kind = in_.number();
      if (ticks < 0 || ticks > kMaxTicks || kind > 2) return false;
      out = Value::date_time(ticks, static_cast<std::uint32_t>(kind));
      break;
    }
    case Tag::TimeSpan:
      out = Value::time_span(signed_number());
      break;
    case Tag::Enum:
      return enumerator(out);
    case Tag::Bytes: {
      const std::string_view text = arena.copy(in_.text());
      auto* data = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
      out = Value::of(arena.make<BytesObject>(catalog.find("byte[]"), std::span(data, text.size())));
      break;
    }
    case Tag::Json:
      out = Value::of(parse_json_token(eval_, in_.text()));
      break;
    case Tag::Decimal: {
      bool overflow = false;
      const auto decimal = parse_decimal(in_.text(), overflow);
      if (!decimal) return false;
      out = decimal_value(eval_, *decimal);
      break;
    }
    case Tag::Guid: {
      const auto guid = parse_guid(in_.text());
      if (!guid) return false;
      out = make_guid(eval_, *guid);
      break;
    }
    case Tag::Offset: {
      const std::int64_t ticks = signed_number();
      const std::int64_t minutes = signed_number();
      if (ticks < 0 || ticks > kMaxTicks || minutes < -14 * 60 || minutes > 14 * 60) return false;
      out = Value::of(arena.make<OffsetObject>(catalog.find("System.DateTimeOffset"), ticks,
                                               static_cast<std::int32_t>(minutes)));
      break;
    }
    case Tag::Element:
    case Tag::Document: {
      XDocument* document = parse_xml(eval_, in_.text(), true);
      if (static_cast<Tag>(tag[0]) == Tag::Document) {
        out = Value::of(document);
      } else {
        XElement* root = document->root();
        detach(*root);
        out = Value::of(root);
      }
      break;
    }
    case Tag::List:
      return list(out, depth);
    default:
      return false;
  }
  return in_.good();
}

}  // namespace

void write_cache_value(Evaluation& eval, const Value& value, std::string& out) {
  out += kMark;
  Writer(eval, out).value(value, 0);
}

bool read_cache_value(Evaluation& eval, std::string_view content, Value& value) {
  if (content.empty() || content[0] != kMark) return false;
  BytesReader in(content.substr(1));
  try {
    return ValueReader(eval, in).value(value, 0) && in.rest().empty();
  } catch (const Raised&) {
    return false;  // what stands there is not what was written
  }
}

}  // namespace gateway::policy
