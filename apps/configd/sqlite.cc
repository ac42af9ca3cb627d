#include "sqlite.h"

#include <utility>

namespace configd {

using gateway::Error;
using gateway::ErrorCode;
using gateway::Result;

Error broken(const std::string& file, std::string message) {
  Error error;
  error.code = ErrorCode::Corrupt;
  error.origin = "store";
  error.message = std::move(message);
  error.where = file;
  return error;
}

Result<Database> Database::open(const std::string& file) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(handle, file);
  if (code != SQLITE_OK) return database.error(code);
  return database;
}

Error Database::error(int code) const {
  Error error;
  error.origin = "store";
  error.where = file_;
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      error.code = ErrorCode::Corrupt;
      error.message = "is no database: the file was damaged or belongs to another program";
      break;
    case SQLITE_CORRUPT:
      error.code = ErrorCode::Corrupt;
      error.message = "the database is damaged; put back a copy of the file";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      error.code = ErrorCode::Unavailable;
      error.message = "the database is in use by another process";
      error.retryable = true;
      break;
    case SQLITE_FULL:
      error.code = ErrorCode::Unavailable;
      error.message = "no space is left for the database";
      error.retryable = true;
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      error.code = ErrorCode::Unavailable;
      error.message = "the database cannot be opened for writing";
      break;
    default:
      error.code = ErrorCode::Unavailable;
      error.message = std::string("the database failed: ") + sqlite3_errstr(code);
  }
  return error;
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<std::int64_t> Database::integer(const char* sql) {
  auto statement = Statement::prepare(*this, sql);
  if (!statement) return statement.error();
  const int code = statement->step();
  if (code == SQLITE_ROW) return statement->number(0);
  if (code == SQLITE_DONE) return std::int64_t{0};
  return error(code);
}

Result<std::string> Database::text(const char* sql) {
  auto statement = Statement::prepare(*this, sql);
  if (!statement) return statement.error();
  const int code = statement->step();
  if (code == SQLITE_ROW) return std::string(statement->text(0));
  if (code == SQLITE_DONE) return std::string();
  return error(code);
}

Result<Statement> Statement::prepare(const Database& database, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return database.error(code);
  return Statement(handle);
}

Statement& Statement::bind(int index, std::string_view text) noexcept {
  sqlite3_bind_text64(handle_.get(), index, text.data() ? text.data() : "", text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) noexcept {
  sqlite3_bind_int64(handle_.get(), index, number);
  return *this;
}

std::string_view Statement::text(int column) const noexcept {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (!bytes) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::int64_t Statement::number(int column) const noexcept {
  return sqlite3_column_int64(handle_.get(), column);
}

}  // namespace configd
