#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include "observe/metrics.h"

using namespace gateway;

TEST_CASE("A duration is counted in the first bucket whose bound it does not pass") {
  Histogram histogram;
  histogram.observe(-5);
  histogram.observe(0);
  histogram.observe(500);
  histogram.observe(501);
  histogram.observe(10'000'000);
  histogram.observe(10'000'001);
  CHECK(histogram.buckets[0].get() == 3);
  CHECK(histogram.buckets[1].get() == 1);
  CHECK(histogram.buckets[13].get() == 1);
  CHECK(histogram.buckets[14].get() == 1);
  CHECK(histogram.count.get() == 6);
  CHECK(histogram.sum_us.get() == 20'001'002);
}

TEST_CASE("A metric family is written in Prometheus' text format") {
  std::string out;
  write_family(out, "gateway_requests_total", "All of\nthem, \\ and \"more\"", "counter");
  write_sample(out, "gateway_requests_total", "code=\"2xx\"", std::uint64_t{18446744073709551615u});
  write_sample(out, "gateway_requests_total", "", std::uint64_t{0});
  write_sample(out, "gateway_age_seconds", "", 0.25);
  write_sample(out, "gateway_age_seconds", "", std::numeric_limits<double>::infinity());
  write_sample(out, "gateway_age_seconds", "", std::numeric_limits<double>::quiet_NaN());
  CHECK(out ==
        "# HELP gateway_requests_total All of\\nthem, \\\\ and \"more\"\n"
        "# TYPE gateway_requests_total counter\n"
        "gateway_requests_total{code=\"2xx\"} 18446744073709551615\n"
        "gateway_requests_total 0\n"
        "gateway_age_seconds 0.25\n"
        "gateway_age_seconds +Inf\n"
        "gateway_age_seconds NaN\n");
}

TEST_CASE("A label value is escaped") { CHECK(escape_label("a\\b\"c\nd") == "a\\\\b\\\"c\\nd"); }
