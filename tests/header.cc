// SPDX-License-Identifier: MIT
//
// Nothing but a target for the header that all test programs share (gaia_test_precompiled).
int main()
{
    return 0;
}
