#pragma once

/// The protocol's words, pure: text to structs and back, no socket, no clock. One include for those who need all of it.
#include "codec/bodies.hpp"
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/frames.hpp"
#include "codec/wish.hpp"
