#pragma once
// SimGrid's max-min fair sharing, as the rates of flows over links: what each flow may send at an instant.
// Knows no bytes: flows of SimGrid that never end, as heavy as there is something to send.

#include <simgrid/s4u.hpp>

#include <simgrid/kernel/resource/Model.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace teapot {

class LinkShares {
 public:
  /// A platform to load first: links of these rates, and hosts for as many different flows. The first host is rank-0.
  static std::string platform(const std::vector<double>& rates, std::size_t flows);
  /// Once that is loaded.
  LinkShares(std::size_t links, std::size_t flows);

  /// A flow over these links, without weight. Flows cannot be taken back.
  int add(const std::vector<int>& links);
  /// It stands for so many flows from now on, which share each link of theirs evenly.
  void weigh(int flow, std::size_t flows);
  void set_rate(int link, double rate) { links_[static_cast<std::size_t>(link)]->set_bandwidth(rate); }
  /// Bytes a second of all that the flow stands for, since SimGrid last shared.
  double rate(int flow) const { return actions_[static_cast<std::size_t>(flow)]->get_rate(); }
  std::size_t left() const { return hosts_.size() * (hosts_.size() - 1) - actions_.size(); }  ///< that may be added

 private:
  std::vector<simgrid::s4u::Host*> hosts_;
  std::vector<simgrid::s4u::Link*> links_;
  std::vector<simgrid::kernel::resource::Action*> actions_;
  std::vector<std::vector<int>> over_;  // by flow: its links
  simgrid::kernel::resource::Model* model_ = nullptr;
  std::vector<simgrid::s4u::CommPtr>* running_;  // never let go: that would end them
};

}  // namespace teapot
