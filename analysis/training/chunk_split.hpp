#pragma once
// Where the time of a simulated chunk goes on one GPU.
// Knows no pipeline.

#include <vector>

#include "analysis/training/training_run.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// Of the first GPU from 0 to `until`; the parts add up to it. `longer`: what the trainer multiplied kernels by.
std::vector<StepPart> chunk_split(const Program& program, const Timeline& timeline, Seconds until, double longer);

/// Adds to the part of that group and name, which is appended where it is new.
void add_step_part(std::vector<StepPart>& parts, const char* group, const std::string& name, Seconds time);

}  // namespace teapot
