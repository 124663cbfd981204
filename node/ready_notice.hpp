#pragma once

namespace usher::node {

/// Tells whoever started this process and waits for it that it now serves, by systemd's protocol (`Type=notify`): a
/// datagram to the socket that NOTIFY_SOCKET names. Does nothing when nobody waits.
void tell_ready();

} // namespace usher::node
