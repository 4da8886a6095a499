// No mixer: a layer that only feeds forward.
// Knows no accelerator.

#include "workloads/model/mixers/parts.hpp"

namespace teapot::none_mixer {
namespace {

std::vector<Kernel> no_kernels(const Model&, const Attention&, const Precision&, const Batch&) { return {}; }
Bytes no_weights(const Model&, const Attention&, const Format&, int) { return {}; }
Bytes nothing_kept(const Attention&, const Format&, const Sequences&, int) { return {}; }
std::string name(const Attention&) { return "none"; }

const MixerRegistration registration{
    Attention::Kind::none,
    {no_kernels, no_kernels, no_weights, nothing_kept, no_rows, no_values, no_rows, no_rows, no_rows, no_rows, name}};

}  // namespace
}  // namespace teapot::none_mixer
