// The catalogue of kinds of attention.
// Knows none by name.

#include "workloads/model/mixer.hpp"

#include <map>

namespace teapot {
namespace {

std::map<Attention::Kind, Mixer>& catalogue() {
  static std::map<Attention::Kind, Mixer> mixers;
  return mixers;
}

}  // namespace

MixerRegistration::MixerRegistration(Attention::Kind kind, Mixer mixer) { catalogue().emplace(kind, mixer); }

const Mixer& mixer_of(const Attention& attention) { return catalogue().at(attention.kind); }

}  // namespace teapot
