#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include <gateway/result.h>

namespace configd {

// A file that is not what it should be.
[[nodiscard]] gateway::Error broken(const std::string& file, std::string message);

// One connection. Errors name the file and never what was being written.
class Database {
 public:
  static gateway::Result<Database> open(const std::string& file);

  // Statements without parameters and results.
  gateway::Result<void> execute(const char* sql);
  // The first column of the first row; 0 or "" where there is none.
  gateway::Result<std::int64_t> integer(const char* sql);
  gateway::Result<std::string> text(const char* sql);

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  // The Error for a result code of this connection.
  [[nodiscard]] gateway::Error error(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };
  Database(sqlite3* handle, std::string file) : handle_(handle), file_(std::move(file)) {}
  std::unique_ptr<sqlite3, Close> handle_;
  std::string file_;
};

// A prepared statement, used again and again.
class Statement {
 public:
  static gateway::Result<Statement> prepare(const Database& database, std::string_view sql);

  // The text must stay until the next reset. Parameters count from 1.
  Statement& bind(int index, std::string_view text) noexcept;
  Statement& bind(int index, std::int64_t number) noexcept;
  // SQLITE_ROW, SQLITE_DONE, or an error's code.
  int step() noexcept { return sqlite3_step(handle_.get()); }
  // One that gives no rows; ready for the next parameters.
  [[nodiscard]] int run() noexcept {
    step();
    return sqlite3_reset(handle_.get());
  }
  void reset() noexcept { sqlite3_reset(handle_.get()); }
  [[nodiscard]] std::string_view text(int column) const noexcept;
  [[nodiscard]] std::int64_t number(int column) const noexcept;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace configd
