// Reads values from stdin, one a line, and prints what engine/histogram.h makes of them: percentile and value, one a
// line. For histogram.test, which compares them with another implementation's.
#include <cstdio>

#include "engine/histogram.h"

int main() {
  holdfast::Histogram histogram;
  unsigned long long value = 0;
  while (std::scanf("%llu", &value) == 1) histogram.record(value);
  for (const double percentile : {0.01, 1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999, 100.0}) {
    std::printf("%g %llu\n", percentile, static_cast<unsigned long long>(histogram.value_at(percentile)));
  }
}
