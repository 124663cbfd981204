# The pure part of the gateway, a library of its own: the words of the protocol, tokens, limits and plans. No socket, no
# clock, no actor.

# The API documents become part of the program; editing one configures again.
set(documents)
foreach(USHER_DOCUMENT openapi asyncapi)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${USHER_DOCUMENT}.json)
  file(READ ${USHER_DOCUMENT}.json USHER_DOCUMENT_TEXT)
  configure_file(document.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/${USHER_DOCUMENT}_document.cpp @ONLY)
  list(APPEND documents ${CMAKE_CURRENT_BINARY_DIR}/${USHER_DOCUMENT}_document.cpp)
endforeach()

usher_library(codec SOURCES client_address.cpp codec_bodies.cpp codec_decode.cpp codec_encode_booking.cpp
                            codec_encode_event.cpp codec_encode_session.cpp codec_frames.cpp codec_operators.cpp
                            codec_pieces.cpp codec_places.cpp codec_wish.cpp idempotency.cpp json_reader.cpp
                            json_slice.cpp json_time.cpp json_writer.cpp plan_codec.cpp problem.cpp public_names.cpp
                            rate_limiter.cpp signed_claims.cpp tokens.cpp ${documents}
                    PUBLIC usher::messages usher::domain Boost::headers Boost::json
                    PRIVATE OpenSSL::Crypto PkgConfig::jwt)
