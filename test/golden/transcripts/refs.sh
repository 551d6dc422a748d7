# Names for an image, good and bad, and what is stored: the recordings have the answers.
many() { printf "%*s" "$2" '' | tr ' ' "$1"; }
for name in ub library/ub2 docker.io/ub3 docker.io/library/ub4 index.docker.io/ub5 user/ub6 localhost/ub7 \
  localhost:5000/ub8 example.com/a/b/c:1 EXAMPLE.com/ub9 Foo/ub10 myhost/ub11 myhost:80/ub12 '[::1]:5000/ub13' \
  a__b/c a___b/c a-b/c a--b a..b a._b -a a- a/ /a a//b a:-x a:.x a:_x a:X.y-z_1 a: : '' "$(many a 64)" \
  "a:$(many t 128)" "a:$(many t 129)" "$(many n 256)" "ub14@sha256:$(many a 64)" docker.io/docker.io/x \
  127.0.0.1/ub15 a.b; do
  if said=$(stave tag -- base:1 "$name" 2>&1); then
    printf 'OK   %.40s\n' "$name"
  else
    # The recordings are cut after 211 letters, behind Docker's own prefix.
    said=$(printf '%s\n' "$said" | sed -n 's/^Error: "/Error parsing reference: "/; s/^Error: //; 1p')
    printf 'FAIL %.40s => %.211s\n' "$name" "$said"
  fi
done
echo
stave images --format '{{.Repository}}:{{.Tag}}' | cut -c1-60 | LC_ALL=C sort
echo
