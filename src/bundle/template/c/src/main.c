#include <stdio.h>

#include "ww.h"

// A cell can reach nothing by itself. It asks the membrane around it for capabilities: here for the
// host, which knows the node this cell runs on.
int main(void) {
  ww *link = ww_open(WW_DATA_STREAM);
  if (!link) return 1;

  // Three calls, one round trip: each is made on what the one before will return.
  ww_cap membrane = ww_bootstrap(link);
  ww_request(link, membrane, WW_MEMBRANE, WW_MEMBRANE_GRAFT, 0, 1);
  ww_answer graft = ww_send(link);
  ww_request(link, ww_result(graft, 1), WW_HOST, WW_HOST_ID, 0, 0);
  ww_answer id = ww_send(link);

  ww_struct results = ww_wait(link, id);
  char peer_id[128];
  ww_peer_id_text(ww_get_data(results, 0), peer_id, sizeof peer_id);
  if (ww_error(link)) {
    fprintf(stderr, "%s\n", ww_error(link));
    return 1;
  }
  printf("Hello from %s\n", peer_id);

  ww_finish(link, id);
  ww_finish(link, graft);
  ww_close(link);
  return 0;
}
