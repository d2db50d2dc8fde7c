// What it is: what a program that is not to run says instead, and exits with. Threads: values.
#pragma once

#include <sysexits.h>

#include <string>

namespace holdfast {

struct Answer {
  int exit_code = EX_OK;
  std::string text;  // for stdout where the exit code is 0, else for stderr
};

}  // namespace holdfast
