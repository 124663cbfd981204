# How every target of this project is built.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(USHER_CCACHE ccache)
if(USHER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the source folder count as relative, and the working folder not at all, so that a second clone of the
  # same sources, in whatever folder, is compiled from the cache. A file that knows an absolute path (a compile
  # definition) is compiled once a folder: such definitions are set for single files, never for a target.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=10G
      "${USHER_CCACHE}")
endif()
find_program(USHER_MOLD mold)
if(USHER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(USHER_SANITIZE)
  # With the sanitizers' code in between GCC 12 takes members of std::regex for uninitialized.
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=address,undefined)
endif()

option(USHER_FUZZ "Build the libFuzzer programs (needs clang)" OFF)
if(USHER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

# What a fault in memory finds in its way, if the sanitizers do not look for it: addresses by chance, tables of the linker
# that are read-only from the start, and, in the folders that read what others wrote, a guard before each return address
# and the C library's checks of sizes (they need an optimizer). The folders that decide and pass messages read nothing
# unchecked, and with these guards everywhere a section's actor lost a tenth of its speed.
set(usher_guarded codec digest gateway crowd node persistence payments log)
if(NOT USHER_SANITIZE AND NOT USHER_FUZZ)
  set(usher_guards -fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-pie -Wl,-z,relro,-z,now)
endif()

add_library(usher_options INTERFACE)
target_compile_options(usher_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
target_include_directories(usher_options INTERFACE "${PROJECT_SOURCE_DIR}")

# usher_library(NAME SOURCES file... [PUBLIC target...] [PRIVATE target...])
# makes `usher_NAME` with the alias `usher::NAME`.
function(usher_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(usher_${name} STATIC ${arg_SOURCES})
  add_library(usher::${name} ALIAS usher_${name})
  target_link_libraries(usher_${name} PUBLIC usher_options ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  if(name IN_LIST usher_guarded)
    target_compile_options(usher_${name} PRIVATE ${usher_guards})
  endif()
endfunction()

# usher_test(NAME SOURCES file... [LINK target...])
# makes the test program `NAME_test` and registers it with CTest as NAME.
function(usher_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE usher::test_main ${arg_LINK})
  add_test(NAME ${name} COMMAND ${name}_test -v 3)
endfunction()

# usher_failing_program(NAME DEFINITION SOURCES file... AGAIN file... LINK target...)
# makes a program for tests in which the files of AGAIN fail on purpose (failpoint/README.md): they and SOURCES are
# compiled with DEFINITION, and so come before the same files in the libraries, which have nothing of it. AGAIN is
# relative to the project's folder.
function(usher_failing_program name definition)
  cmake_parse_arguments(arg "" "" "SOURCES;AGAIN;LINK" ${ARGN})
  list(TRANSFORM arg_AGAIN PREPEND "${PROJECT_SOURCE_DIR}/")
  add_executable(${name} ${arg_SOURCES} ${arg_AGAIN})
  set_source_files_properties(${arg_SOURCES} ${arg_AGAIN} PROPERTIES COMPILE_DEFINITIONS ${definition})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  target_compile_options(${name} PRIVATE -Wno-array-bounds) # see actors/CMakeLists.txt
  if(NOT USHER_SANITIZE)
    target_link_libraries(${name} PRIVATE mimalloc)
  endif()
  if(USHER_PROGRAM_DIR)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${USHER_PROGRAM_DIR}")
  endif()
endfunction()

# What has failpoints.
set(usher_with_failpoints
  actors/checkout.cpp actors/checkout_sections.cpp actors/event.cpp actors/journal_writer.cpp actors/order_payment.cpp
  actors/section.cpp actors/waiting_room.cpp cluster/shard_claims.cpp failpoint/failpoint.cpp)
