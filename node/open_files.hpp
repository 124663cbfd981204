#pragma once

namespace usher::node {

/// Raises this process's limit of open files as far as the system allows: each connection is one.
void allow_many_open_files();

} // namespace usher::node
