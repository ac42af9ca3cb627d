#include <catch2/catch.hpp>

#include <string>

#include "model/validate.h"

using namespace gateway;

namespace {

// What is wrong with a backend, each on its own line.
std::string problems_of(const Backend& backend) {
  std::vector<Error> found;
  validate(backend, "b", found);
  std::string out;
  for (const Error& one : found) out += one.where + " " + one.message + "\n";
  return out;
}

Backend single() {
  Backend backend;
  backend.id = "b";
  backend.endpoints = {{"10.0.0.1", 80}};
  return backend;
}

CircuitBreaker sound() {
  CircuitBreaker rule;
  rule.failure_count = 3;
  rule.statuses = {{500, 599}};
  return rule;
}

}  // namespace

TEST_CASE("A circuit breaker and a pool that are sound") {
  Backend backend = single();
  backend.circuit_breaker = sound();
  CHECK(problems_of(backend).empty());
  Backend pool;
  pool.id = "p";
  pool.pool = {{"a", 0, 100}, {"b", 100, 1}};
  pool.affinity_cookie = "AT";
  CHECK(problems_of(pool).empty());
}

TEST_CASE("What is wrong with a circuit breaker is told") {
  const auto wrong = [](auto change) {
    Backend backend = single();
    backend.circuit_breaker = sound();
    change(backend);
    return problems_of(backend);
  };
  CHECK(wrong([](Backend& b) { b.circuit_breaker->failure_count = 0; }).find("either failureCount or failurePercentage") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.circuit_breaker->failure_percentage = 10; }).find("either failureCount") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.circuit_breaker->statuses.clear(); }).find("nothing is a failure") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.circuit_breaker->statuses = {{599, 500}}; }).find("min not above max") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.circuit_breaker->trip_seconds = 0; }).find("between 1 and 86400") != std::string::npos);
}

TEST_CASE("What is wrong with a pool is told") {
  const auto wrong = [](auto change) {
    Backend pool;
    pool.id = "p";
    pool.pool = {{"a", 1, 1}};
    change(pool);
    return problems_of(pool);
  };
  CHECK(wrong([](Backend& b) { b.endpoints = {{"10.0.0.1", 80}}; }).find("none of its own") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.pool.push_back({"a", 1, 1}); }).find("is there twice") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.pool[0].backend = "p"; }).find("another backend") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.pool[0].weight = 0; }).find("between 1 and 100") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.pool[0].priority = 101; }).find("between 0 and 100") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.pool.resize(31, {"x", 1, 1}); }).find("at most 30") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.affinity_cookie = "a b"; }).find("name of a cookie") != std::string::npos);
  CHECK(wrong([](Backend& b) { b.circuit_breaker = sound(); }).find("of a pool's members") != std::string::npos);
  Backend backend = single();
  backend.affinity_cookie = "AT";
  CHECK(problems_of(backend).find("needs a pool") != std::string::npos);
}
