# Sourced by the recordings: three images of known order.
for n in 1 2 3; do make ord:$n "RUN echo $n > /f"; done
