#include <iostream>
#include <memory>
#include <string>

#include "ww.h"

namespace {

struct Close {
  void operator()(ww *link) const { ww_close(link); }
};

std::string peer_id_text(ww_bytes id) {
  char text[128];
  return ww_peer_id_text(id, text, sizeof text) ? text : std::string();
}

}  // namespace

// A cell can reach nothing by itself. It asks the membrane around it for capabilities: here for the
// host, which knows the node this cell runs on.
int main() {
  std::unique_ptr<ww, Close> link(ww_open(WW_DATA_STREAM));
  if (!link) return 1;

  // Three calls, one round trip: each is made on what the one before will return.
  ww_cap membrane = ww_bootstrap(link.get());
  ww_request(link.get(), membrane, WW_MEMBRANE, WW_MEMBRANE_GRAFT, 0, 1);
  ww_answer graft = ww_send(link.get());
  ww_request(link.get(), ww_result(graft, 1), WW_HOST, WW_HOST_ID, 0, 0);
  ww_answer id = ww_send(link.get());

  ww_struct results = ww_wait(link.get(), id);
  std::string peer_id = peer_id_text(ww_get_data(results, 0));
  if (const char *error = ww_error(link.get())) {
    std::cerr << error << '\n';
    return 1;
  }
  std::cout << "Hello from " << peer_id << '\n';
  return 0;
}
