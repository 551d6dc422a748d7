# Sourced by the recordings: the folders that they build from.
for busybox in /bin/busybox /usr/bin/busybox; do [ -x "$busybox" ] && break; done
mkdir -p ctx s1 df e1 e2 e3 e4 e5 e6
cp "$busybox" ctx/busybox
cp "$busybox" s1/busybox
cat >ctx/Dockerfile <<'END'
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox","--install","-s","/bin"]
ENV PATH=/bin
LABEL environment=test owner="qa team"
CMD ["sh"]
END
printf 'FROM base:1\nRUN exit 7\n' >e1/Dockerfile
printf 'FROM base:1\nCOPY nofile /\n' >e2/Dockerfile
printf 'FROM base:1\nFOO bar\n' >e4/Dockerfile
printf 'FROM nosuchimage:9\n' >e5/Dockerfile
: >e6/Dockerfile
cat >s1/Dockerfile <<'END'
FROM base:1 AS sdk
RUN mkdir /myapp
WORKDIR /myapp
ADD hello.c /myapp
RUN mkdir bin
RUN cp hello.c bin/hello

FROM base:1
COPY --from=sdk /myapp/bin/hello /myapp/hello
CMD /myapp/hello
END
echo 'int main(void) { return 0; }' >s1/hello.c
echo busybox >s1/.dockerignore
printf 'FROM base:1 AS Stage1\nRUN echo x > /x\nFROM base:1 AS stage2\nCOPY --from-stage1 /x /x\n' >df/typo
printf 'FROM base:1 AS Stage1\nRUN echo x > /x\nFROM base:1 AS stage2\nCOPY --from=stage1 /x /x\nCOPY --from=0 /x /y\n' >df/ok
printf 'FROM base:1\nARG PASSWORD\nARG http_proxy\nRUN echo "$PASSWORD$http_proxy" > /dev/null\n' >df/arg
printf 'FROM base:1\nRUN echo "$http_proxy"\n' >df/arg2
printf 'FROM base:1\nRUN --mount=type=secret,id=tok wc -c < /run/secrets/tok\n' >df/sec
printf 'FROM base:1\nCOPY busybox /b\n' >df/ign
printf 'FROM scratch\nCMD ["x"]\n' >df/scr
printf 'RUN echo hi\n' >df/nofrom
printf 'ARG V\nFROM base:$V\nRUN echo argfrom > /argfrom\n' >df/argfrom
printf 'FROM base:1 AS a\nRUN echo a > /a\nFROM base:1\nCOPY --from=nosuchstage /x /x\n' >df/nostage
printf 'FROM base:1\nENTRYPOINT ["echo","E"]\nCMD ["c1","c2"]\n' >df/ep
printf 'FROM base:1\nCMD echo shellform $0\n' >df/shcmd
printf 'FROM base:1\nENTRYPOINT echo shell-ep\nCMD ["ignored"]\n' >df/shep
