// The program.
#include <stdio.h>
int main(void) { puts("shardprop"); return 0; }
