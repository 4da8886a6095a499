#pragma once
// Marks functions whose loops have no branches and no order: compiled for wider registers, too, where the processor has
// them. Sums and products are rounded as everywhere: none is fused.

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define TEAPOT_WIDE __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define TEAPOT_WIDE
#endif
