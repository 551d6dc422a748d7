# Sourced by the recordings: the images that most of them begin with.
. "$RECORDINGS/contexts.sh"
stave build --network=none -q -t base:1 ctx
make() { # make NAME LINE...: an image on base:1
  name=$1
  shift
  mkdir -p "made/$name"
  { echo 'FROM base:1' && printf '%s\n' "$@"; } >"made/$name/Dockerfile"
  stave build --network=none -q -t "$name" "made/$name"
}
make app:v1 'LABEL environment=prod stage=b' 'CMD ["echo","prod"]'
