#pragma once

#include <string>

#include <gateway/environment.h>

#include "sqlite.h"

namespace configd {

// Opens the database of a Store for one process alone, in WAL mode with every commit synced, its files
// of mode 0600. Makes it where the file is missing or empty; a file that is damaged, of another
// program or of another schema version is refused and left as it is.
[[nodiscard]] gateway::Result<Database> open_database(const std::string& file,
                                                      const gateway::Entropy& entropy);

}  // namespace configd
