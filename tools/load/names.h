// What it is: the names that the load is made of, of a fixed length, so that memory a SKU and a hold can be compared:
// SKUs and keys of 16 bytes, "sku:000000000042"; carts of 12, each used once.
// Threads: values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdfast::load {

class NumberedName {
 public:
  std::string_view view() const { return {text_.data(), text_.size()}; }

 protected:
  NumberedName(const char (&kind)[4], uint64_t number) : text_{kind[0], kind[1], kind[2], ':'} {
    for (size_t i = text_.size(); i-- > 4; number /= 10) text_[i] = static_cast<char>('0' + number % 10);
  }

 private:
  std::array<char, 16> text_;
};

struct SkuName : NumberedName {
  explicit SkuName(uint64_t number) : NumberedName("sku", number) {}
};

// What `set` writes.
struct KeyName : NumberedName {
  explicit KeyName(uint64_t number) : NumberedName("key", number) {}
};

class CartName {
 public:
  explicit CartName(uint64_t number) {
    constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
    for (size_t i = text_.size(); i-- > 0; number >>= 5) text_[i] = digits[number & 31];
  }
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 12> text_;
};

}  // namespace holdfast::load
