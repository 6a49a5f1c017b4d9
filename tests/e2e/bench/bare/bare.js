// Fetches and parses the requests that the address's hash lists, each as soon as the one that it follows is parsed.
const requests = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const parsed = [];
for (const { url, follows, ...init } of requests) {
  const fetched = Promise.resolve(parsed[follows]).then(() => fetch(url, { ...init, cache: "no-store" }));
  parsed.push(fetched.then((response) => response.text()).then(JSON.parse));
}
Promise.all(parsed).then(() => performance.mark("first rows"));
