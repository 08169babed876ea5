// fuzz/target.hpp: what a fuzz target is: one file of targets/, named like the target, that defines seeds() and run().
//
// A text must come to a value, or to the typed error that is due for it; run() catches that one and nothing else.
// Everything else ends the program, and libFuzzer keeps the text: another exception, a broken promise, a crash, a
// report of a sanitizer, a leak, more than ten seconds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dorm::fuzz {

// ---- defined by the target ----

// Texts to begin with. Their words are the dictionary, too.
std::vector<std::string> seeds();
void run(std::string_view text);

// ---- for targets ----

// Ends the program with `promise` on standard error if it does not hold.
void require(bool holds, std::string_view promise);

}  // namespace dorm::fuzz
