#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <rapidjson/document.h>

#include "arm_error.h"
#include "contracts.h"

namespace configd {

// Takes out what only the service says, and members that are null.
void drop_read_only(const Contract& contract, rapidjson::Document& properties);
// Takes out what was an order and is not kept.
void drop_orders(const Contract& contract, rapidjson::Document& properties);
// Takes out what is never given back. Also the value of a named value that is secret.
void hide_secrets(const Contract& contract, rapidjson::Document& properties);
// Secrets that a client leaves out when it writes back what it has read stay as they were.
void keep_secrets(const Contract& contract, const rapidjson::Value& before,
                  rapidjson::Document& properties);

// Shapes, lengths, ranges, words and what is missing: every problem, named by its member and never
// by its value. Words get the contract's spelling, references their short form. Unknown members are
// kept.
void check_members(const Contract& contract, rapidjson::Document& properties, Problems& problems);

// Calls f(reference, member path, kinds allowed) for every reference; f may change it.
using ReferenceVisitor =
    std::function<void(rapidjson::Value&, const std::string&, std::string_view)>;
void each_reference(const Contract& contract, rapidjson::Value& properties,
                    const ReferenceVisitor& f);

}  // namespace configd
