#pragma once
// A kind of text that is read, and a function that reads it: one registration a target.
// Knows no reader.

#include <string>

namespace teapot::fuzz {

/// Only a ConfigError may come out of `read`; what else must hold is asked with require(). `prepare` does what is done
/// once and takes longer than an input may.
struct Target {
  Target(const char* name, void (*read)(const std::string& text), void (*prepare)() = nullptr);
};

/// Ends the process where something does not hold.
void require(bool holds, const char* what);

/// The input as a file of this process, for readers that take nothing else; its name.
std::string as_file(const std::string& text, const std::string& name);

}  // namespace teapot::fuzz
