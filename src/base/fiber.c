// SPDX-License-Identifier: Apache-2.0
// Fibers on the contexts of the C library (ucontext.h). Each switch leads from the caller to a fiber or back.
#include "base/fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/memory.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) && __has_include(<sanitizer/common_interface_defs.h>)  // clang
#define SANITIZED
#endif
#endif
#ifdef SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK = 1 << 20 };  // bytes

struct sp_fiber {
  ucontext_t caller, own;
  char *memory;  // a page that must not be touched, then the stack
  size_t guard;
  void (*run)(void *context);
  void *context;
  bool paused;
  void *fake[2];  // of the address sanitizer: the fake stacks of caller and fiber
  const void *caller_stack;
  size_t caller_size;
};

// --- switches -----------------------------------------------------------------------------------------------------

// The address sanitizer must know the stack that a switch leads to.
#ifdef SANITIZED
static void leave_caller(sp_fiber *f) { __sanitizer_start_switch_fiber(&f->fake[0], f->memory + f->guard, STACK); }
static void enter_caller(sp_fiber *f) { __sanitizer_finish_switch_fiber(f->fake[0], NULL, NULL); }
static void leave_fiber(sp_fiber *f, bool ends) {
  __sanitizer_start_switch_fiber(ends ? NULL : &f->fake[1], f->caller_stack, f->caller_size);
}
static void enter_fiber(sp_fiber *f, bool begins) {
  __sanitizer_finish_switch_fiber(begins ? NULL : f->fake[1], &f->caller_stack, &f->caller_size);
}
#else
static void leave_caller(sp_fiber *f) { (void)f; }
static void enter_caller(sp_fiber *f) { (void)f; }
static void leave_fiber(sp_fiber *f, bool ends) { (void)f, (void)ends; }
static void enter_fiber(sp_fiber *f, bool begins) { (void)f, (void)begins; }
#endif

static bool switch_to(sp_fiber *f) {
  f->paused = false;
  leave_caller(f);
  swapcontext(&f->caller, &f->own);
  enter_caller(f);
  return f->paused;
}

/// The first function on the stack of a fiber. makecontext passes only ints: the address comes in two halves.
static void begin(unsigned high, unsigned low) {
  sp_fiber *f = (sp_fiber *)(uintptr_t)((uint64_t)high << 32 | low);
  enter_fiber(f, true);
  f->run(f->context);
  leave_fiber(f, true);
  setcontext(&f->caller);
}

bool sp_fiber_start(sp_fiber *f, void (*run)(void *context), void *context) {
  uint64_t address = (uint64_t)(uintptr_t)f;
  f->run = run;
  f->context = context;
  getcontext(&f->own);
  f->own.uc_stack.ss_sp = f->memory + f->guard;
  f->own.uc_stack.ss_size = STACK;
  f->own.uc_link = NULL;
  makecontext(&f->own, (void (*)(void))begin, 2, (unsigned)(address >> 32), (unsigned)address);
  return switch_to(f);
}

bool sp_fiber_resume(sp_fiber *f) { return switch_to(f); }

void sp_fiber_pause(sp_fiber *f) {
  f->paused = true;
  leave_fiber(f, false);
  swapcontext(&f->own, &f->caller);
  enter_fiber(f, false);
}

// --- creation -----------------------------------------------------------------------------------------------------

sp_status sp_fiber_create(sp_fiber **out) {
  sp_fiber *f;
  SP_TRY(sp_allocate(1, sizeof *f, "a fiber", &f));
  f->guard = (size_t)sysconf(_SC_PAGESIZE);
  void *memory =
      mmap(NULL, f->guard + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, f->guard, PROT_NONE) != 0) {
    if (memory != MAP_FAILED) munmap(memory, f->guard + STACK);
    free(f);
    return sp_fail(SP_ERR_MEMORY, "a stack of %d bytes: memory is exhausted", STACK);
  }
  f->memory = memory;
  *out = f;
  return SP_OK;
}

void sp_fiber_free(sp_fiber *f) {
  if (!f) return;
  munmap(f->memory, f->guard + STACK);
  free(f);
}
