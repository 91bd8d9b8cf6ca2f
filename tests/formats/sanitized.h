// SPDX-License-Identifier: MIT
//
// Whether this is the build of a sanitizer, under which everything takes longer and more memory.
#ifndef FORMATS_SANITIZED_H
#define FORMATS_SANITIZED_H

inline bool sanitized()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

#endif
