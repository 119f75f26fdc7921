package dev.sidecar.alerts;

/**
 * One channel of a receiver, such as the mail of {@code security-critical}.
 *
 * @param receiver the receiver's name in Alertmanager
 * @param integration what kind it is: {@code email}, {@code slack}, {@code webhook} …
 * @param index its position among the receiver's channels of this kind, from 0
 */
public record Channel(String receiver, String integration, int index) implements Comparable<Channel> {

    @Override
    public int compareTo(Channel other) {
        int byReceiver = receiver.compareTo(other.receiver);
        int byIntegration = byReceiver != 0 ? byReceiver : integration.compareTo(other.integration);
        return byIntegration != 0 ? byIntegration : Integer.compare(index, other.index);
    }

    @Override
    public String toString() {
        return index == 0 ? receiver + "/" + integration : receiver + "/" + integration + "[" + index + "]";
    }
}
