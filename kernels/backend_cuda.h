/* SPDX-License-Identifier: MIT
 *
 * How the library of the CUDA backend is found: a file and one symbol in it.
 */
#ifndef KERNELS_BACKEND_CUDA_H
#define KERNELS_BACKEND_CUDA_H

#include "backend.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CUDA_MODULE "libgaia_cuda.so"

/* The number changes whenever struct backend_ops or what it is given does. */
#define CUDA_BACKEND_FN gaia_cuda_backend_1
#define CUDA_BACKEND_SYMBOL "gaia_cuda_backend_1"

/* The backend if there is a driver and a device; else NULL, and why says in a sentence what is
 * missing. Static. */
typedef const struct backend_ops *cuda_backend_fn(const char **why);

GAIA_API const struct backend_ops *CUDA_BACKEND_FN(const char **why);

#ifdef __cplusplus
}
#endif
#endif
