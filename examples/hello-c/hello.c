#include <stdio.h>
#include <unistd.h>

int main(void) {
  printf("Hello from process %d of a container.\n", (int)getpid());
  return 0;
}
