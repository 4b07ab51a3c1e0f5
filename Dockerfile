FROM python:3.12-slim
WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY locales ./locales
COPY migrations ./migrations
RUN pip install --no-cache-dir --require-hashes -r requirements.lock \
 && pip install --no-cache-dir --no-deps --no-build-isolation . \
 && python -P -c "from bot.content.words import load_words; load_words()" \
 && useradd --create-home lotse && mkdir /data && chown lotse /data
USER lotse
ENV LOTSE_DATABASE_URL=sqlite:////data/lotse.sqlite LOTSE_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; from bot.settings import load; u.urlopen('http://' + load().listen + '/healthz', timeout=5)"]
CMD ["lotse", "run"]
