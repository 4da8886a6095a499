#pragma once
// The attributes of Chakra nodes by name, whatever type they were written with.
// Knows no operator.

#include <optional>
#include <string>

#include "analysis/output/chakra/et_def.pb.h"

namespace teapot::chakra {

/// A number of any type, or a boolean as 0 or 1.
inline std::optional<double> number(const Attribute& a) {
  switch (a.value_case()) {
    case Attribute::kDoubleValue:
      return a.double_value();
    case Attribute::kFloatValue:
      return static_cast<double>(a.float_value());
    case Attribute::kInt32Value:
      return a.int32_value();
    case Attribute::kInt64Value:
      return static_cast<double>(a.int64_value());
    case Attribute::kUint32Value:
      return a.uint32_value();
    case Attribute::kUint64Value:
      return static_cast<double>(a.uint64_value());
    case Attribute::kBoolValue:
      return a.bool_value() ? 1 : 0;
    default:
      return std::nullopt;
  }
}

inline std::optional<double> number(const Node& node, const std::string& name) {
  for (const Attribute& a : node.attributes()) {
    if (a.name() == name) return number(a);
  }
  return std::nullopt;
}

/// The text of a string attribute; empty where there is none.
template <class Message>
std::string text(const Message& message, const std::string& name) {
  for (const Attribute& a : message.attributes()) {
    if (a.name() == name) return a.string_value();
  }
  return "";
}

template <class Message>
Attribute& add(Message& message, const char* name) {
  Attribute& a = *message.add_attributes();
  a.set_name(name);
  return a;
}

}  // namespace teapot::chakra
