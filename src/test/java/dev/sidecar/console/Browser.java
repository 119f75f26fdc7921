package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.springframework.util.FileSystemUtils;

/** A real Chromium without a window, looking at one sidecar. */
public final class Browser implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path temporary;
    private final ChromeDriver driver;
    private final String base;

    public Browser(String base, String... more) {
        this.base = base;
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.WARNING);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(Programs.find("chromium").toString());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars");
        options.addArguments(more);
        options.setCapability("goog:loggingPrefs", logs);
        temporary = temporaryFolder();
        driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .withEnvironment(Map.of("TMPDIR", temporary.toString()))
                        .usingDriverExecutable(Programs.find("chromedriver").toFile())
                        .usingAnyFreePort()
                        .build(),
                options);
        size(1200, 900);
    }

    public Browser open(String path) {
        driver.get(base + path);
        return this;
    }

    public Browser logIn(String password) {
        open("/login");
        type("password", password);
        press("Log in");
        Awaitility.await("the answer to the login")
                .atMost(PATIENCE)
                .until(() -> !address().endsWith("/login"));
        return this;
    }

    /** Of the page itself, as on a telephone; a window cannot be made that narrow. */
    public void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    public void dark(boolean dark) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    public void type(String id, String text) {
        once(() -> {
            WebElement field = driver.findElement(By.id(id));
            field.clear();
            field.sendKeys(text);
            return id;
        });
    }

    /** As {@link #type}, for a field that has a name alone. */
    public void typeInto(String selector, String text) {
        once(() -> {
            driver.findElement(By.cssSelector(selector)).sendKeys(text);
            return selector;
        });
    }

    public void click(String selector) {
        once(() -> {
            driver.findElement(By.cssSelector(selector)).click();
            return selector;
        });
    }

    public int count(String selector) {
        return all(selector).size();
    }

    public void press(String button) {
        By named = By.xpath("//*[self::button or self::a][normalize-space()='" + button + "']");
        once(() -> {
            driver.findElement(named).click();
            return button;
        });
    }

    public void pressIn(String scope, String button) {
        By named = By.xpath(".//*[self::button or self::a][normalize-space()='" + button + "']");
        once(() -> {
            driver.findElement(By.cssSelector(scope)).findElement(named).click();
            return button;
        });
    }

    public String text(String selector) {
        return once(() -> driver.findElement(By.cssSelector(selector)).getText());
    }

    /** Of all that the selector finds. */
    public List<String> texts(String selector) {
        return once(() -> all(selector).stream().map(WebElement::getText).toList());
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    WebElement focused() {
        return driver.switchTo().activeElement();
    }

    /** As a screen reader says it. */
    String focusedName() {
        return once(() -> focused().getAccessibleName());
    }

    /** Empty if it has none. */
    String focusedId() {
        return once(() -> String.valueOf(focused().getDomProperty("id")));
    }

    /** Of the first that the selector finds. */
    String attribute(String selector, String name) {
        return once(() -> driver.findElement(By.cssSelector(selector)).getDomAttribute(name));
    }

    /** Does it as soon as it can be done: when the page that a click asked for is there, and does not replace what is touched. */
    private static <T> T once(Callable<T> possible) {
        return Awaitility.await("what is looked for")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .ignoreExceptionsMatching(
                        e -> e instanceof StaleElementReferenceException || e instanceof NoSuchElementException)
                .until(() -> Optional.ofNullable(possible.call()), done -> true)
                .orElse(null);
    }

    List<String> namesOf(String selector) {
        return once(
                () -> all(selector).stream().map(WebElement::getAccessibleName).toList());
    }

    /** Texts whose contrast with what is behind them is less than 4.5 : 1 (WCAG 2, AA), with the ratio. */
    @SuppressWarnings("unchecked")
    public List<String> faint() {
        return (List<String>) driver.executeScript("""
                const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
                const light = colour => {
                  const [r, g, b] = numbers(colour).map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const behind = element => {
                  for (let e = element; e; e = e.parentElement) {
                    const colour = getComputedStyle(e).backgroundColor;
                    if ((numbers(colour)[3] ?? 1) > 0) return colour;
                  }
                  return 'rgb(255, 255, 255)';
                };
                return [...document.querySelectorAll('body *')]
                  .filter(e => !e.disabled && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
                  .filter(e => e.getClientRects().length && !(e instanceof SVGElement))
                  .map(e => {
                    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
                    return [e, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
                  })
                  .filter(([e, ratio]) => ratio < 4.5)
                  .map(([e, ratio]) => ratio.toFixed(2) + ' ' + e.outerHTML.slice(0, 120));
                """);
    }

    /** To whatever has the focus, as a keyboard does, however often the page replaces it. */
    void keys(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    String address() {
        return driver.getCurrentUrl();
    }

    /** Waits until an element's text contains the words. */
    public void awaitText(String selector, String words) {
        Awaitility.await(selector + " says " + words)
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(text(selector)).contains(words));
    }

    /** How far the page reaches beyond the window's right edge, in pixels. */
    public long overflow() {
        return (Long) ((JavascriptExecutor) driver)
                .executeScript("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    }

    /** The browser's complaints: refused scripts and styles, failed loads. */
    public List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(entry -> entry.getMessage())
                .toList();
    }

    /** Everything that the page loaded, by its address. */
    @SuppressWarnings("unchecked")
    public List<String> loaded() {
        return (List<String>) ((JavascriptExecutor) driver)
                .executeScript("return performance.getEntriesByType('resource').map(entry => entry.name)");
    }

    /** Where {@code ./regenerate screenshots} takes those of the documentation from. */
    public void picture(String name) throws IOException {
        Path folder = Path.of("target/screenshots");
        Files.createDirectories(folder);
        Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    }

    /** The whole page, however long. */
    public void wholePicture(String name) throws IOException {
        Path folder = Path.of("target/screenshots");
        Files.createDirectories(folder);
        Map<String, Object> shot = driver.executeCdpCommand(
                "Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true, "clip", wholePage()));
        Files.write(folder.resolve(name + ".png"), Base64.getDecoder().decode((String) shot.get("data")));
    }

    /** The pages as they come out of a printer, A4 unless the page itself says otherwise. @return how many */
    public int print(String name) throws IOException {
        Path folder = Path.of("target/screenshots");
        Files.createDirectories(folder);
        Map<String, Object> pdf = driver.executeCdpCommand(
                "Page.printToPDF", Map.of("preferCSSPageSize", true, "printBackground", false));
        byte[] bytes = Base64.getDecoder().decode((String) pdf.get("data"));
        Files.write(folder.resolve(name + ".pdf"), bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1).split("/Type */Page[^s]").length - 1;
    }

    private Map<String, Object> wholePage() {
        Object width = driver.executeScript("return document.documentElement.clientWidth");
        Object height = driver.executeScript("return document.documentElement.scrollHeight");
        return Map.of("x", 0, "y", 0, "width", width, "height", height, "scale", 1);
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("browser");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The driver ends the browser before that has removed its files. */
    @Override
    public void close() {
        driver.quit();
        try {
            FileSystemUtils.deleteRecursively(temporary);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
