// dorm/detail/export.hpp: DORM_EXPORT marks what a shared dorm lets programs see; everything else stays hidden.
//
// One macro for all libraries of dorm. An exception class, or a class that is the target of a dynamic_cast, must carry
// it.
#pragma once

#if defined(DORM_STATIC_DEFINE)
#define DORM_EXPORT
#else
#define DORM_EXPORT __attribute__((visibility("default")))
#endif
