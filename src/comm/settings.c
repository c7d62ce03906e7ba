// What MPI is told before it starts. Other MPIs than Open MPI do not read these names.
#include "comm/settings.h"

#include <stdlib.h>

void sp_comm_prefer_settings(void) {
  // Over TCP, Open MPI sends a large message when the receiver has answered, and the answer waits behind the data that
  // the receiver is sending: messages that cross get half of the link. Measured at 1 Gbit/s: 61 MB/s each way of 119. So
  // plain sends, and no question for messages up to the default exchange.bucket_mb and a header.
  setenv("OMPI_MCA_btl_tcp_flags", "send", 0);
  setenv("OMPI_MCA_btl_tcp_eager_limit", "1114112", 0);
  // Open MPI 5 asks the kernel for routes to decide which addresses reach each other. On a host with an IPv6 address it
  // does not find the route from the host to itself: it warns, and fails where /dev/shm is too small for its shared
  // memory. So the addresses themselves decide, as in Open MPI 4.
  setenv("OMPI_MCA_reachable", "weighted", 0);
}
