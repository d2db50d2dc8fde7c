// What it is: the value that a type begins with, in place. `value = {}` of a large type makes another one first and
// copies it: wide loads of what narrow stores have just written, which a CPU cannot forward and waits for.
#pragma once

#include <memory>

namespace holdfast {

template <class Value>
void renew(Value& value) {
  std::destroy_at(&value);
  std::construct_at(&value);
}

}  // namespace holdfast
