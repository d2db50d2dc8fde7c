// What it is: numbers 0..n-1 of which k is drawn in proportion to 1 / (k+1)^theta: a few are wanted by nearly
// everybody. By rejection-inversion (Hormann & Derflinger, "Rejection-inversion to generate variates from monotone
// discrete distributions", 1996): no table, whatever n is. Threads: immutable; the random numbers are the caller's.
// Time: O(1) expected. Limits: n >= 1, theta >= 0.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

namespace holdfast::load {

class Zipf {
 public:
  Zipf(uint64_t n, double theta)
      : n_(n),
        theta_(theta),
        area_begin_(area(1.5) - 1),
        area_end_(area(static_cast<double>(n) + 0.5)),
        always_accepted_(2 - inverse(area(2.5) - weight(2))) {}

  template <class Random>
  uint64_t operator()(Random& random) const {
    if (n_ == 1) return 0;
    std::uniform_real_distribution<double> uniform(area_begin_, area_end_);
    for (;;) {
      const double u = uniform(random);
      const double x = inverse(u);
      const double k = std::min(std::max(1.0, std::floor(x + 0.5)), static_cast<double>(n_));
      if (k - x <= always_accepted_ || u >= area(k + 0.5) - weight(k)) return static_cast<uint64_t>(k) - 1;
    }
  }

 private:
  double weight(double x) const { return std::exp(-theta_ * std::log(x)); }
  // The integral of weight from 1 to x, and its inverse; with theta = 1 they are log and exp.
  double area(double x) const {
    const double log_x = std::log(x);
    return is_one() ? log_x : std::expm1((1 - theta_) * log_x) / (1 - theta_);
  }
  double inverse(double area) const {
    return is_one() ? std::exp(area) : std::exp(std::log1p(area * (1 - theta_)) / (1 - theta_));
  }
  bool is_one() const { return std::abs(theta_ - 1) < 1e-9; }

  uint64_t n_;
  double theta_;
  double area_begin_;
  double area_end_;
  double always_accepted_;
};

}  // namespace holdfast::load
