#pragma once

#include <string>
#include <string_view>

namespace gateway {

// Why a policy document asks for more than forwarding the request, which is all that can be done
// without a policy engine; "" when it does not: it has only <base/>, <forward-request/> and comments.
// Such a document counts as none. The reason follows the name of the document in a message.
[[nodiscard]] std::string beyond_forwarding(std::string_view document);

}  // namespace gateway
