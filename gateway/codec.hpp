#pragma once

/// The protocol's words, pure: text to structs and back, no socket, no clock. One include for those who need all of it.
#include "gateway/codec_bodies.hpp"
#include "gateway/codec_decode.hpp"
#include "gateway/codec_encode.hpp"
#include "gateway/codec_frames.hpp"
#include "gateway/codec_wish.hpp"
