# Finds PostgreSQL and Redis on this machine or starts them; installs them where they are not. Fails, never skips.

CI_LOGS="${TMPDIR:-/tmp}"

install_packages() {
    local as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    DEBIAN_FRONTEND=noninteractive $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq "$@" >"$CI_LOGS/apt.log"
}

postgresql_answers() {
    [ -n "${TEST_DATABASE_URL:-}" ] && command -v psql >/dev/null &&
        psql "${TEST_DATABASE_URL/#postgres:/postgresql:}" -Atc 'select 1' >/dev/null 2>&1
}

find_postgresql() {
    local url
    for url in "${TEST_DATABASE_URL:-}" postgres://postgres@127.0.0.1:5432/postgres \
        postgres://desk_ci:desk_ci@127.0.0.1:5432/postgres; do
        TEST_DATABASE_URL="$url"
        if postgresql_answers; then
            export TEST_DATABASE_URL
            return 0
        fi
    done
    return 1
}

need_postgresql() {
    find_postgresql && return 0
    command -v pg_ctlcluster >/dev/null || install_packages postgresql
    local version
    version="$(ls /etc/postgresql | sort -n | tail -1)"
    pg_ctlcluster --skip-systemctl-redirect "$version" main start 2>/dev/null || true
    for _ in $(seq 30); do
        find_postgresql && return 0
        su postgres -c "psql -Atc \"create role desk_ci superuser login password 'desk_ci'\"" >/dev/null 2>&1 || true
        sleep 1
    done
    echo "PostgreSQL could not be started" >&2
    return 1
}

need_redis() {
    redis_answers && return 0
    command -v redis-server >/dev/null || install_packages redis-server
    redis-server --daemonize yes --bind 127.0.0.1 --port 6379 --save "" --appendonly no \
        --logfile "$CI_LOGS/redis-ci.log" >/dev/null
    for _ in $(seq 30); do
        redis_answers && return 0
        sleep 1
    done
    echo "Redis could not be started" >&2
    return 1
}

need_chromium() {
    command -v chromium >/dev/null || install_packages chromium
    command -v chromium >/dev/null || { echo "Chromium could not be installed" >&2; return 1; }
}

redis_answers() {
    command -v redis-cli >/dev/null && [ "$(redis-cli -u "$TEST_REDIS_URL" ping 2>/dev/null)" = PONG ]
}
