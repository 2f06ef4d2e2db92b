/*
 * cmocka with the headers it wants in front of it, and what all unit tests share.
 */
#ifndef VMC_TESTS_UNIT_CHECK_H
#define VMC_TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
