# Sourced by the recordings: images with several names, one without, and three of known order.
. "$RECORDINGS/images.sh"
make app:v2 'LABEL environment=prod stage=c' 'CMD ["echo","prod"]'
make tmp:1 'LABEL n=1'
make tmp:1 'LABEL n=2'
stave tag app:v1 myapp:v1
stave tag app:v1 localhost:5599/team/app:v1
