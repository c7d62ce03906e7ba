# SPDX-License-Identifier: Apache-2.0
# Cross-compiling for arm64 on a Debian system with crossbuild-essential-arm64, the libraries' packages for arm64, and
# qemu-user-static, which runs tests: cmake -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake …; scripts/arm64 does all of it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-aarch64-static)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)

# The wrapper mpicc is a program for arm64, which CMake cannot ask.
set(MPI_SKIP_COMPILER_WRAPPER ON)
set(MPI_C_LIB_NAMES mpi)
set(MPI_mpi_LIBRARY /usr/lib/aarch64-linux-gnu/libmpi.so)
set(MPI_C_HEADER_DIR /usr/lib/aarch64-linux-gnu/openmpi/include)
