/* avx512: what the wide ways of fix_wide, key_pack and index_record are compiled for, and whether the processor has it:
 * AVX-512 with VBMI and VBMI2, as Ice Lake and Zen 4 brought it. Each of them does without, too, and where
 * FIXWARDEN_NARROW is defined does nothing else: so that any processor can test both. Where there is no macro AVX512,
 * there is nothing to compile for it.
 *
 * Pure; any thread. */
#ifndef FIXWARDEN_CORE_AVX512_H
#define FIXWARDEN_CORE_AVX512_H

#include <stdbool.h>

#if defined(__x86_64__) && !defined(FIXWARDEN_NARROW)

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,popcnt")))

static inline bool avx512_has(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

#else

static inline bool avx512_has(void)
{
    return false;
}

#endif

#endif
