#include "log_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidjson/document.h>

using namespace gatewayd;

namespace {

// What a sink wrote until it was destroyed.
std::string written(LogForm form, const std::string& least, const std::function<void(LogSink&)>& use) {
  std::string path = "/tmp/log-XXXXXX";
  const int descriptor = mkstemp(path.data());
  REQUIRE(descriptor >= 0);
  use(*LogSink::create(form, least, descriptor));
  close(descriptor);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::remove(path.c_str());
  return text.str();
}

gateway::LogRecord record(gateway::LogLevel level, std::string message) {
  gateway::LogRecord out;
  out.level = level;
  out.event = "Something";
  out.origin = "test";
  out.message = std::move(message);
  out.fields = {{"name", "va\"lue\n"}};
  return out;
}

}  // namespace

TEST_CASE("text lines carry time, level, origin, event and fields, and stay one line") {
  const std::string text = written(LogForm::Text, "info", [](LogSink& sink) {
    sink.log(record(gateway::LogLevel::Debug, "unseen"));
    sink.log(record(gateway::LogLevel::Warn, "two\nlines \x1b[31m"));
  });
  CHECK_THAT(text, Catch::Matches("....-..-..T..:..:..\\....Z warn  test Something: two\\\\nlines \\\\x1b\\[31m name=\"va\"lue\\\\n\"\n"));
}

TEST_CASE("JSON lines are JSON") {
  const std::string text = written(LogForm::Json, "all", [](LogSink& sink) { sink.log(record(gateway::LogLevel::Debug, "a\nb")); });
  rapidjson::Document line;
  line.Parse(text.c_str());
  REQUIRE_FALSE(line.HasParseError());
  CHECK(std::string(line["level"].GetString()) == "debug");
  CHECK(std::string(line["message"].GetString()) == "a\nb");
  CHECK(std::string(line["fields"]["name"].GetString()) == "va\"lue\n");
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("none is silent but for announcements and the access log") {
  const std::string text = written(LogForm::None, "all", [](LogSink& sink) {
    sink.log(record(gateway::LogLevel::Error, "unseen"));
    sink.announce("Listening", "listening");
    sink.access_log("{}\n");
  });
  CHECK(text == "listening\n{}\n");
}

TEST_CASE("lines of many threads never mix") {
  const std::string text = written(LogForm::Json, "info", [](LogSink& sink) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&sink] {
        for (int i = 0; i < 200; ++i) {
          sink.log(record(gateway::LogLevel::Info, std::string(300, 'm')));
          sink.access_log("{\"a\":\"" + std::string(5000, 'x') + "\"}\n{\"b\":1}\n");
        }
      });
    }
    for (auto& thread : threads) thread.join();
  });
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    rapidjson::Document parsed;
    parsed.Parse(line.c_str());
    REQUIRE_FALSE(parsed.HasParseError());
  }
  CHECK(count == 4 * 200 * 3);
}
